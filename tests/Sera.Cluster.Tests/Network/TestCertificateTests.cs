using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Sera.Testing;
using Sera.Testing.Processes;
using Xunit;

namespace Sera.Cluster.Tests.Network;

/// <summary>What deploy/tls/make-test-ca.sh makes serves both ends of a connection between nodes, and not those of another authority.</summary>
[Collection(OneAtATime.Name)]
public sealed class TestCertificateTests : IDisposable
{
    private const string Password = "only for this test";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nodes_of_one_authority_accept_each_other_and_a_stranger_is_refused()
    {
        await MakeAsync("ours", "control-1=control-1,10.0.0.1,fd00::1", "score-1");
        await MakeAsync("ours", "train-1");
        await MakeAsync("theirs", "control-1");
        Assert.True(await MeetAsync("ours/control-1", "ours/score-1"));
        Assert.True(await MeetAsync("ours/train-1", "ours/control-1"));
        Assert.False(await MeetAsync("ours/control-1", "theirs/control-1"));
        Assert.False(await MeetAsync("theirs/control-1", "ours/score-1"));
    }

    [Fact]
    public async Task Names_stand_in_the_certificate_and_only_the_password_opens_the_key()
    {
        await MakeAsync("ours", "control-1=sera.example,10.0.0.1,fd00::1");
        using var own = Own("ours/control-1", Password);
        Assert.True(own.HasPrivateKey);
        foreach (var name in (string[])["control-1", "sera.example", "10.0.0.1", "fd00::1", "localhost"]) Assert.True(own.MatchesHostname(name), name);
        Assert.False(own.MatchesHostname("score-1"));
        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => Own("ours/control-1", "another"));
    }

    private Task MakeAsync(string authority, params string[] nodes) => LoggedProcess.RunAsync(
        ["env", $"SERA_TLS_PASSWORD={Password}", Path.Combine(SeraProcess.Repository, "deploy", "tls", "make-test-ca.sh"), Path.Combine(_folder.Path, authority), .. nodes]);

    /// <returns>Whether both ends accept each other's certificate.</returns>
    private async Task<bool> MeetAsync(string server, string client)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepting = listener.AcceptTcpClientAsync();
        using var near = new TcpClient();
        await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var far = await accepting;
        var serving = ServeAsync(far, server);
        var asking = AskAsync(near, client);
        return (await Task.WhenAll(serving, asking)).All(accepted => accepted);
    }

    private async Task<bool> ServeAsync(TcpClient connection, string node)
    {
        using var own = Own(node, Password);
        await using var stream = new SslStream(connection.GetStream());
        return await TriesAsync(async () =>
        {
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = own,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, peer, _, _) => Trusts(node, peer),
            });
            stream.WriteByte(1);
        });
    }

    private async Task<bool> AskAsync(TcpClient connection, string node)
    {
        using var own = Own(node, Password);
        await using var stream = new SslStream(connection.GetStream());
        return await TriesAsync(async () =>
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "node",
                ClientCertificates = [own],
                RemoteCertificateValidationCallback = (_, peer, _, _) => Trusts(node, peer),
            });
            // A server that refuses says so only after the client believes that it is connected.
            if (await stream.ReadAsync(new byte[1]) != 1) throw new IOException("refused");
        });
    }

    private static async Task<bool> TriesAsync(Func<Task> handshake)
    {
        try
        {
            await handshake();
            return true;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return false;
        }
    }

    private X509Certificate2 Own(string node, string password) => X509CertificateLoader.LoadPkcs12FromFile(Path.Combine(_folder.Path, node, "node.pfx"), password);

    private bool Trusts(string node, X509Certificate? peer)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_folder.Path, node, "ca.pem")));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return peer is X509Certificate2 certificate && chain.Build(certificate);
    }
}
