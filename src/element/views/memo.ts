/** A part that is made again only where what it is given is another. */
import { Component, h, type ComponentType, type ComponentChild } from 'preact';

export function memo<Props extends object>(Part: ComponentType<Props>): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const names = new Set([...Object.keys(next), ...Object.keys(this.props)]);
      return [...names].some(
        (name) => next[name as keyof Props] !== (this.props as Props)[name as keyof Props],
      );
    }

    override render(): ComponentChild {
      return h(Part, this.props as Props) as ComponentChild;
    }
  };
}
