using Sera.Actors.Artifacts;
using Sera.Actors.Journals;
using Sera.Actors.Work;

namespace Sera.Actors.Control;

/// <summary>What a coordinator is made of.</summary>
/// <param name="Term">null where nobody else can coordinate: an embedded node.</param>
/// <param name="ReadHeads">Where every run stands, from the journal; called off the actor's thread. null where runs are begun and resumed by hand.</param>
internal sealed record CoordinatorParts(
    WorkSettings Work, ControlSettings Control, IArtifactSupply Artifacts, TimeProvider Clock, ICoordinatorTerm? Term = null,
    Func<IReadOnlyList<RunHead>>? ReadHeads = null);

/// <summary>On the event stream of a node whose coordinator lost its term to another cluster's: the node has to end and join the living one.</summary>
internal sealed record CoordinatorFenced(string Reason);
