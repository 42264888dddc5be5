import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { serve } from './server.ts';

// Speaks over what the arguments name: `--node-ipc` in VS Code, `--stdio` elsewhere.
const connection = createConnection(ProposedFeatures.all);
serve(connection);
connection.listen();
