/** Clones with depth 1 in a page, over gitws or over smart HTTP, into LightningFS. */
import LightningFS from '@isomorphic-git/lightning-fs';
import { http } from 'gitws';
import * as git from 'isomorphic-git';
import * as webHttp from 'isomorphic-git/http/web';
import { provideBuffer } from './provide-buffer.js';

provideBuffer();

const clients = { gitws: http, http: webHttp };

Object.assign(window, {
  async clone(over: keyof typeof clients, url: string): Promise<void> {
    const fs = new LightningFS(`round-trips-${crypto.randomUUID()}`);
    const wish = { depth: 1, singleBranch: true, noCheckout: true };
    await git.clone({ fs, http: clients[over], dir: '/clone', url, ...wish });
  },
});
