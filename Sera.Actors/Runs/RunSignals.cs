using Akka.Actor;
using Sera.Actors.Work;

namespace Sera.Actors.Runs;

/// <summary>Asks a run for its events of this session, then every further one, as they are recorded. Local only.</summary>
internal sealed record WatchRun(string RunId) : INoSerializationVerificationNeeded;

/// <summary>An event and the state after it, for who watches. Local only.</summary>
internal sealed record RunRecorded(IRunEvent Event, RunState State) : INoSerializationVerificationNeeded;

/// <summary>The run has recorded an event: what stopped it before is over. Local only.</summary>
internal sealed record RunAlive(string RunId) : INoSerializationVerificationNeeded;

/// <summary>The run works no more in this process, although it neither completed nor failed. Local only.</summary>
internal sealed record RunStopped(string RunId, WorkFailureKind Failure, string Reason) : INoSerializationVerificationNeeded;
