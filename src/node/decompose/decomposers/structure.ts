import { decomposeByStructure } from '../../../core/decompose/structure.ts';
import { success } from '../../../core/text/result.ts';
import { blockedSpec, type Decomposer } from './decomposer.ts';

/** By what the spec says and which files it names, without a model. */
export const structureDecomposer: Decomposer = (request) => {
  const { spec, specPath, specFindings } = request;
  const { proposal, findings } = decomposeByStructure(request);
  const all = [...specFindings, ...findings];
  return Promise.resolve(proposal ? success({ proposal, spec, findings: all }) : blockedSpec(specPath, all));
};
