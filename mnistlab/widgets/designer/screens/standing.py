"""What the screens that use a trained model say about it as long as it is so."""

from mnistlab.widgets.designer.project import Project
from mnistlab.widgets.designer.views.notice import Message


def about_model(project: Project, step: str) -> list[Message]:
    """Says which model is used, and whether it is the one that is designed now.

    Args:
        project: what all screens work on.
        step: which of them asks.

    Returns:
        Messages, as `Notice.show` takes them.

    Example:
        >>> about_model(Project(), "Try")[0].text
        'There is no trained model yet. Train one in step 4, for an epoch at least.'
    """
    run = project.run
    if run is not None and run.state == "running":
        return [
            Message("The model is being trained. Wait for the end, or stop it in step 4.", "note")
        ]
    if not project.trained:
        return [
            Message(
                "There is no trained model yet. Train one in step 4, for an epoch at least.", "note"
            )
        ]
    messages = [Message(_which(project), "note")]
    if not project.model_is_current:
        messages.append(
            Message(
                "This model is stale: it was trained on another design, other settings or other "
                "data than stand in the steps before now. It can be used all the same. Train again "
                "in step 4 to have a model of what stands there.",
                "advice",
            )
        )
    elif project.states[step] == "stale":
        messages.append(
            Message("What stands below is stale: it is of a model before this one.", "advice")
        )
    return messages


def _which(project: Project) -> str:
    run = project.run
    model = f"The model is that of run {run.number}: {run.plan.name}, {run.parameters:,} parameters"
    if not run.epoch:
        return f"{model}. {run.reason}".strip()
    epochs = "1 epoch" if run.epoch == 1 else f"{run.epoch} epochs"
    best = f", the weights of epoch {run.best_epoch}" if run.best_epoch else ""
    return f"{model}, trained on {run.dataset.name} for {epochs}{best}."
