using Akka.Actor;

namespace Sera.Actors.Artifacts;

/// <summary>What other nodes ask of this one: /user/artifacts on every node. It only passes on: files are never touched on an actor's thread.</summary>
internal sealed class ArtifactExchangeActor : ReceiveActor
{
    public const string Name = "artifacts";

    private readonly ArtifactExchange _exchange;

    public ArtifactExchangeActor(ArtifactExchange exchange)
    {
        _exchange = exchange;
        Receive<FindArtifacts>(m => Task.Run(() => exchange.Find(m)).PipeTo(Sender, Self));
        Receive<StreamArtifact>(m => Task.Run(() => exchange.OfferAsync(m)).PipeTo(Sender, Self, failure: e => new ArtifactRefused(m.Sha256, Line(e))));
        Receive<KeepArtifact>(m =>
        {
            var asker = Sender.Path.Address;
            Task.Run(() => exchange.KeepAsync(m, asker)).PipeTo(Sender, Self);
        });
        Receive<DiscardArtifacts>(m => exchange.Discard(m.Sha256s));
        Receive<CollectArtifacts>(m => Task.Run(() => exchange.CollectAsync(m)).PipeTo(Sender, Self, failure: e => new ArtifactsCollected(0, 0, 0, Line(e))));
    }

    protected override void PostStop() => _exchange.Stop();

    private static string Line(Exception exception) => exception.Message.ReplaceLineEndings(" ");
}
