"""Everything that a loaded model knows of its training, to be compared with another's."""

from which_keras import value_of


def training_state(keras, model):
    """Pairs of a name and a value: optimizers, wherever they are in the model, then metrics."""
    state = []
    for number, part in enumerate(models_in(model)):
        for attribute, value in sorted(vars(part).items()):
            if is_optimizer(keras, value):
                for i, variable in enumerate(variables_of(value)):
                    name = "part %d, %s, variable %d" % (number, attribute, i)
                    state.append((name, value_of(keras, variable)))
        for metric in getattr(part, "metrics", None) or []:
            for i, variable in enumerate(getattr(metric, "variables", [])):
                name = "part %d, metric %s, variable %d" % (number, metric.name, i)
                state.append((name, value_of(keras, variable)))
    return state


def first_difference(state, other):
    """What differs, or None where both are the same to the last bit."""
    if [name for name, _ in state] != [name for name, _ in other]:
        return "%d variables instead of %d, or others" % (len(other), len(state))
    for (name, a), (_, b) in zip(state, other):
        if a.dtype != b.dtype or a.shape != b.shape:
            return "%s is %s%s instead of %s%s" % (name, b.dtype, b.shape, a.dtype, a.shape)
        if a.tobytes() != b.tobytes():
            return "%s has other values" % name
    return None


def models_in(model):
    found, queue = [], [model]
    while queue:
        part = queue.pop(0)
        if part in found:
            continue
        found.append(part)
        queue.extend(getattr(part, "layers", None) or [])
    return found


def is_optimizer(keras, value):
    bases = [keras.optimizers.Optimizer]
    legacy = getattr(keras.optimizers, "legacy", None)
    if hasattr(legacy, "Optimizer"):
        bases.append(legacy.Optimizer)
    return isinstance(value, tuple(bases))


def variables_of(optimizer):
    variables = getattr(optimizer, "variables", None)
    if variables is None:
        return optimizer.weights
    return variables() if callable(variables) else variables
