/** `keras-cleave/cdk`: the pipeline for CDK apps of others. */
export { CleavePipeline } from "./cleave-pipeline.ts";
export type { CleavePipelineProps, InventoryProps } from "./props.ts";
export type { FunctionName } from "../functions/names.ts";
