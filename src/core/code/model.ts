/** A language whose files can be parsed. JavaScript's JSX is read by `javascript`, TypeScript's by `tsx`. */
export type LanguageId =
  | 'typescript'
  | 'tsx'
  | 'javascript'
  | 'python'
  | 'go'
  | 'rust'
  | 'java'
  | 'c-sharp'
  | 'ruby'
  | 'php';

/** Something a file declares that a scope can name: `Order`, `Order.total`, `MAX_SIZE`. */
export interface CodeSymbol {
  /** Dotted from the outermost declaration: `Class.method`. Namespaces, packages and modules that only wrap are left out. */
  readonly name: string;
  readonly kind: 'class' | 'interface' | 'type' | 'enum' | 'function' | 'method' | 'variable' | 'property' | 'module';
  /** Lines from 1, both inclusive, with decorators, attributes and the comment right above. */
  readonly firstLine: number;
  readonly lastLine: number;
}

/** Something a file takes from another file or package. */
export interface CodeImport {
  /** As written, without quotes: `./order.ts`, `apps.users.models`, `crate::stock`, `App\Models\User`. */
  readonly specifier: string;
  /** The names that are taken, where the language says so; empty for whole modules. */
  readonly names: readonly string[];
  /** From 1. */
  readonly line: number;
}

/** What a parser saw in one source file. */
export interface CodeFile {
  readonly language: LanguageId;
  /** By first line, outer ones before what they hold. */
  readonly symbols: readonly CodeSymbol[];
  readonly imports: readonly CodeImport[];
  /** Whether the parser had to skip something: what is listed may lack a part. */
  readonly broken: boolean;
}

/** Parses source files. Whoever can load grammars gives it; the same text gives the same answer. */
export interface CodeReader {
  /** `null`: no grammar for this file, or it is too large. Never throws. */
  read(path: string, text: string): CodeFile | null;
  /** Languages of which a file was to be read and whose grammar is missing or damaged, sorted; absent where none can be. */
  lacking?(): readonly LanguageId[];
}
