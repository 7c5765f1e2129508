/** Style sheets come as text: the build puts them into the script. */
declare module '*.css' {
  const text: string;
  export default text;
}
