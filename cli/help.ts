export const overview = `cleave takes Keras model files apart and puts them together again.
Nothing in a model is run; no Python is needed.

  cleave split MODEL            architecture, weights and training state, one file each
  cleave recombine DIR --out F  a model file from them
  cleave inspect FILE|DIR       what a file or folder is and holds
  cleave scan FILE|DIR|s3://…   what in models is hostile, hidden or broken
  cleave doctor FILE            what is wrong with a file; --salvage and --repair
  cleave verify DIR             whether a folder is intact, and the same as a model

  cleave invoke VERB s3://…     has a deployed function do it
  cleave where s3://…           where a model's artifacts are

Every verb takes --limit NAME=N, where a sound file exceeds a cap; the refusal names it.

cleave VERB --help shows options and examples. cleave --version shows the version.
Exit codes: 0 done, 1 the model says no, 2 wrong usage.
`;
