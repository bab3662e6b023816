using Akka.Actor;

namespace Sera.Actors.Work;

/// <summary>
/// Asks a worker to want no more work: it finishes its quantum, gives back what it holds and answers <see cref="WorkLeft"/>. What is done already is
/// still secured and reported first, which takes as long as a dispatcher takes to acknowledge it; who asks decides how long to wait. Local only.
/// </summary>
internal sealed record LeaveWork : INoSerializationVerificationNeeded;

/// <summary>The worker holds nothing and may be stopped. Local only.</summary>
internal sealed record WorkLeft : INoSerializationVerificationNeeded;
