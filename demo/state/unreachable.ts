/** Why a server could not be reached, as far as a page can find out: a browser does not say. */
import { isGitWsError } from 'gitws';
import type { Notice } from './session.js';

/** Well-known hosts of repositories, which serve git over https and ssh alone. */
const otherHosts =
  /(^|\.)(github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|gitea\.com|sr\.ht|sourceforge\.net|dev\.azure\.com)$/;

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** How long a host has to show that something answers there, in ms: a person waits for it. */
const probeTime = 4_000;

/** Whether no connection came about. */
export function isUnreachable(error: unknown): boolean {
  return isGitWsError(error, 'CONNECTION_FAILED');
}

/**
 * @param error what `isUnreachable` is true of.
 * @param url the repository, http(s).
 * @returns what is the matter, and what to do about it.
 */
export async function explainUnreachable(error: unknown, url: string): Promise<Notice> {
  const { title, text } = await findReason(new URL(url));
  const code = isGitWsError(error) ? error.code : undefined;
  return { tone: 'bad', title, text, code };
}

async function findReason(url: URL): Promise<{ title: string; text: string }> {
  const { host, hostname, protocol, origin } = url;
  if (!navigator.onLine) {
    return {
      title: 'You are offline',
      text: `This browser has no network, and nothing answered at ${host}. What is in this browser already can be opened, edited and committed; fetch and push when you are online again.`,
    };
  }
  if (location.protocol === 'https:' && protocol === 'http:' && !loopback.test(hostname)) {
    return {
      title: 'This page may not connect without encryption',
      text: `It came by https, and browsers let such a page connect to https and wss addresses only. Write https://${host}${url.pathname}, if the server has it.`,
    };
  }
  if (otherHosts.test(hostname)) {
    return {
      title: `${hostname} does not speak gitws`,
      text: `It serves git over https and ssh, and a page may use neither. A gitws server may fetch from it, started with --upstream ${origin}: name it as the gateway, under Options.`,
    };
  }
  if (await answers(origin)) {
    return {
      title: `${host} does not speak gitws`,
      text: 'A web server answers there, but no WebSocket could be opened at this address: gitws does not run there, or a proxy before it lets no WebSocket through.',
    };
  }
  return {
    title: `No server answers at ${host}`,
    text:
      origin === location.origin
        ? 'The server that this page came from has ended, or cannot be reached. Start it again, and try again: nothing here is lost.'
        : 'Nothing runs at this address, or it cannot be reached from here. Check how it is written, and whether the server runs.',
  };
}

/** Whether anything at all answers to http there. What it answers stays hidden from the page. */
async function answers(origin: string): Promise<boolean> {
  try {
    await fetch(origin, {
      ...{ mode: 'no-cors', credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' },
      signal: AbortSignal.timeout(probeTime),
    });
    return true;
  } catch {
    return false;
  }
}
