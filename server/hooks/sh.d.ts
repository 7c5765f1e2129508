/** The parts of hooks come as text: the build puts them into the script. */
declare module '*.sh' {
  const text: string;
  export default text;
}
