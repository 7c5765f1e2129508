/** Beside it, repositories are cloned from /git. */
export default function Page() {
  return 'A page of Next.js';
}
