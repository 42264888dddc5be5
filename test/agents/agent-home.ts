/**
 * A home for the two agents in which nothing of the machine's user is seen: no settings, no credentials, no sessions.
 * They are configured the way a user would do it, by files and environment, so the adapters need no code for tests.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentBinaries } from './install.ts';

export interface AgentHome {
  readonly path: string;
  /** The whole environment for a process that starts agents: this process's own, turned to the endpoint. */
  readonly env: Readonly<Record<string, string>>;
  dispose(): void;
}

/** Variables of this process that would make an agent act as part of the session that runs the tests. */
const foreign = /^(ANTHROPIC_|CLAUDE|CODEX_|OPENAI_|SLICEWAVE_|GIT_)/;

/** `endpointUrl` as {@link ModelEndpoint.url}. The agents give up after two retries instead of minutes. */
export function createAgentHome(endpointUrl: string): AgentHome {
  const { top, path, temporary, codexHome } = makeFolders();
  const config = [
    'model = "gpt-5.5"',
    'model_provider = "scripted"',
    '[model_providers.scripted]',
    'name = "scripted"',
    `base_url = "${endpointUrl}/v1"`,
    'wire_api = "responses"',
    'env_key = "SCRIPTED_KEY"',
    'request_max_retries = 2',
    'stream_max_retries = 2',
  ];
  writeFileSync(join(codexHome, 'config.toml'), `${config.join('\n')}\n`);
  const programs = agentBinaries();
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !foreign.test(entry[0]),
  );
  return {
    path,
    env: {
      ...Object.fromEntries(inherited),
      HOME: path,
      USERPROFILE: path,
      TMPDIR: temporary,
      TMP: temporary,
      TEMP: temporary,
      XDG_CONFIG_HOME: join(path, '.config'),
      XDG_CACHE_HOME: join(path, '.cache'),
      XDG_DATA_HOME: join(path, '.local', 'share'),
      NO_PROXY: '127.0.0.1,localhost',
      ANTHROPIC_BASE_URL: endpointUrl,
      ANTHROPIC_API_KEY: 'scripted',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '2',
      DISABLE_AUTOUPDATER: '1',
      CODEX_HOME: codexHome,
      SCRIPTED_KEY: 'scripted',
      SLICEWAVE_CLAUDE_PATH: programs.claude,
      SLICEWAVE_CODEX_PATH: programs.codex,
      ...(codexSandboxWorks() ? {} : { SLICEWAVE_CODEX_SANDBOX: 'danger-full-access' }),
    },
    // An agent may still be flushing its logs when its process group has been ended.
    dispose: () => rmSync(top, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  };
}

/**
 * The home and the temporary directory of the agents stand beside each other: Codex makes no helper programs in a home
 * below the temporary directory, and every command that it runs in its sandbox then ends with "codex-linux-sandbox: No
 * such file".
 */
function makeFolders(): {
  readonly top: string;
  readonly path: string;
  readonly temporary: string;
  readonly codexHome: string;
} {
  const top = mkdtempSync(join(tmpdir(), 'slicewave-agent-'));
  const path = join(top, 'home');
  const temporary = join(top, 'tmp');
  const codexHome = join(path, '.codex');
  mkdirSync(codexHome, { recursive: true });
  mkdirSync(temporary);
  return { top, path, temporary, codexHome };
}

let sandboxWorks: boolean | undefined;

/** Whether this machine lets Codex build its sandbox; many containers forbid it. Asked once. */
export function codexSandboxWorks(): boolean {
  if (sandboxWorks !== undefined) return sandboxWorks;
  const { top, path, temporary, codexHome } = makeFolders();
  const env = { ...process.env, HOME: path, CODEX_HOME: codexHome, TMPDIR: temporary };
  const { status, stderr } = spawnSync(agentBinaries().codex, ['sandbox', '--', 'true'], { env, encoding: 'utf8' });
  rmSync(top, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  sandboxWorks = status === 0;
  if (!sandboxWorks) console.log(`Codex runs without its sandbox, which this machine does not let it build: ${stderr}`);
  return sandboxWorks;
}
