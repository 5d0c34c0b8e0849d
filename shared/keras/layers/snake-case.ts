/**
 * The group name Keras derives from a class: "Conv2DTranspose" → "conv2d_transpose", "PReLU" →
 * "p_re_lu" (keras/src/utils/naming.py, `to_snake_case`; the same in tf_keras's generic_utils).
 */
export function toSnakeCase(className: string): string {
  return className
    .replaceAll(/[^\p{L}\p{N}_]+/gu, "")
    .replaceAll(/([^\n])([A-Z][a-z]+)/g, "$1_$2")
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}
