using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Remote.Transport.DotNetty;
using Akka.Serialization;

namespace Sera.Cluster.Tests.Security;

/// <summary>A process that speaks the protocol of nodes, believes every certificate, and shows what it has.</summary>
internal sealed class Intruder : IAsyncDisposable
{
    /// <summary>Of what it sends: a node that reads it says that it does not know it.</summary>
    public const string Manifest = "read-by-a-node:1";

    private readonly ActorSystem _system;
    private readonly string _protocol;

    /// <param name="own">null = in the clear.</param>
    public Intruder(X509Certificate2? own)
    {
        _protocol = own is null ? "akka.tcp" : "akka.ssl.tcp";
        var config = ConfigurationFactory.ParseString($$"""
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0, enable-ssl = {{(own is null ? "off" : "on")}} }
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.actor.serializers.note = "Sera.Cluster.Tests.Security.Intruder+NoteSerializer, Sera.Cluster.Tests"
            akka.actor.serialization-bindings { "Sera.Cluster.Tests.Security.Intruder+Note, Sera.Cluster.Tests" = note }
            """);
        var setup = ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config));
        _system = ActorSystem.Create("sera", own is null ? setup : setup.And(new DotNettySslSetup(own, suppressValidation: true, requireMutualAuthentication: true)));
    }

    /// <summary>Sends something to the actor that every node has.</summary>
    public void Send(string host, int port) => _system.ActorSelection($"{_protocol}://sera@{host}:{port}/user/artifacts").Tell(new Note());

    public async ValueTask DisposeAsync() => await _system.Terminate();

    internal sealed record Note;

    internal sealed class NoteSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override int Identifier => 7301;

        public override string Manifest(object o) => Intruder.Manifest;

        public override byte[] ToBinary(object obj) => "{}"u8.ToArray();

        public override object FromBinary(byte[] bytes, string manifest) => new Note();
    }
}
