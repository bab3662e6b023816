using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using Sera.Actors.Tests.Artifacts;

namespace Sera.Actors.Tests.Security;

/// <summary>Bytes under any manifest, with the identifier of Sera's own serializer: what a newer or a hostile program may send.</summary>
internal sealed record Forged(string Manifest, byte[] Bytes);

/// <summary>A process that speaks the protocol of nodes and sends what it likes.</summary>
internal sealed class Stranger(string overrides = "") : IAsyncDisposable
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(2);

    private readonly ActorSystem _system = ActorSystem.Create("stranger", ConfigurationFactory.ParseString(overrides).WithFallback(ConfigurationFactory.ParseString("""
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.actor.serializers.forged = "Sera.Actors.Tests.Security.Stranger+ForgedSerializer, Sera.Actors.Tests"
        akka.actor.serialization-bindings { "Sera.Actors.Tests.Security.Forged, Sera.Actors.Tests" = forged }
        """)));

    public async Task TellAsync(ArtifactNode node, Forged message) => (await OfAsync(node)).Tell(message);

    /// <returns>The answer as it came, unread.</returns>
    public async Task<Forged> AskAsync(ArtifactNode node, Forged message) => await (await OfAsync(node)).Ask<Forged>(message, Ceiling);

    public async ValueTask DisposeAsync() => await _system.Terminate();

    private Task<IActorRef> OfAsync(ArtifactNode node) => _system.ActorSelection(new RootActorPath(node.Self.Address) / "user" / "artifacts").ResolveOne(Ceiling);

    internal sealed class ForgedSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override int Identifier => 7301;

        public override string Manifest(object o) => ((Forged)o).Manifest;

        public override byte[] ToBinary(object obj) => ((Forged)obj).Bytes;

        public override object FromBinary(byte[] bytes, string manifest) => new Forged(manifest, bytes);
    }
}
