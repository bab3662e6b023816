using Akka.Actor;
using Sera.Actors.Artifacts;
using Sera.Actors.Journals;
using Sera.Actors.Work;

namespace Sera.Actors.Control;

/// <summary>What a coordinator is made of.</summary>
/// <param name="Term">null where nobody else can coordinate: an embedded node.</param>
/// <param name="ReadHeads">Where every run stands, from the journal; called off the actor's thread. null where runs are begun and resumed by hand.</param>
/// <param name="Repair">Keeps enough copies of what runs need (see <see cref="CopyRepairActor"/>); null for a node that is alone.</param>
internal sealed record CoordinatorParts(
    WorkSettings Work, ControlSettings Control, IArtifactSupply Artifacts, TimeProvider Clock, ICoordinatorTerm? Term = null,
    Func<IReadOnlyList<RunHead>>? ReadHeads = null, Props? Repair = null);

/// <summary>On the event stream of a node whose coordinator lost its term to another cluster's: the node has to end and join the living one.</summary>
internal sealed record CoordinatorFenced(string Reason);
