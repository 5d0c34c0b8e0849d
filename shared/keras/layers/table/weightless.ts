import { weightless } from "../variable.ts";
import type { Table } from "./row.ts";

const classes = `
  InputLayer Activation ActivityRegularization Add Average Concatenate Dot Maximum Minimum Multiply
  Subtract Lambda Masking Flatten Identity Permute RepeatVector Reshape
  AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
  AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
  AveragePooling1D AveragePooling2D AveragePooling3D MaxPooling1D MaxPooling2D MaxPooling3D
  GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
  GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
  AvgPool1D AvgPool2D AvgPool3D MaxPool1D MaxPool2D MaxPool3D
  GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D
  Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D
  ZeroPadding1D ZeroPadding2D ZeroPadding3D
  ELU LeakyReLU ReLU Softmax ThresholdedReLU UnitNormalization
  AugMix AutoContrast CenterCrop CutMix Equalization HashedCrossing Hashing MaxNumBoundingBoxes
  ContrastLimitedAdaptiveHistogramEqualization MelSpectrogram MixUp Pipeline RandAugment
  RandomColorDegeneration RandomColorJitter RandomElasticTransform RandomErasing
  RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization
  RandomSaturation RandomSharpness RandomShear Rescaling Resizing Solarization
  TFOpLambda SlicingOpLambda ClassMethod InstanceMethod InstanceProperty TensorFlowOpLayer AddLoss
  AddMetric
`;

/** Classes without variables of all versions, operations of functional models included. */
export const weightlessLayers: Table = classes
  .trim()
  .split(/\s+/)
  .map((className) => [className, () => weightless]);
