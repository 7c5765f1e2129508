/** The page of frames.browser.test.ts: one channel, and what became of it. */
import { isGitWsError, openChannel } from 'gitws';

async function outcome(url: string, retries: number): Promise<readonly [string, string]> {
  try {
    const channel = await openChannel(url, { service: 'git-upload-pack', retries });
    await channel.exit;
    return ['no error', ''];
  } catch (error) {
    return isGitWsError(error) ? [error.code, error.message] : ['no code', String(error)];
  }
}

Object.assign(window, { outcome });
