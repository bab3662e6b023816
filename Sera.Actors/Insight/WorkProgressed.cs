using Akka.Actor;
using Sera.Actors.Work;
using Sera.Model.Engine;

namespace Sera.Actors.Insight;

/// <summary>How far a worker is with an order. Published on the local event stream only, and lost without harm.</summary>
public sealed record WorkProgressed(WorkOrder Order, WorkProgress Progress) : INoSerializationVerificationNeeded;
