using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;
using Sera.Model.Data;

namespace Sera.Actors.Hosting;

/// <summary>
/// Certificates between nodes: each shows its own and accepts only those of the one authority, whatever the system trusts. Both ends are checked, so
/// a process without a certificate can neither join nor speak.
/// </summary>
public sealed class NodeTls : IDisposable
{
    private readonly X509Certificate2 _authority;

    private NodeTls(X509Certificate2 authority, X509Certificate2 own) => (_authority, Own) = (authority, own);

    /// <summary>With its private key.</summary>
    public X509Certificate2 Own { get; }

    /// <param name="folder">Holds ca.pem and node.pfx.</param>
    /// <exception cref="InputException">A file is missing or cannot be read, or the certificate is not of the authority or out of date.</exception>
    public static NodeTls Load(string folder, string? password)
    {
        var authority = Read(Path.Combine(folder, "ca.pem"), X509CertificateLoader.LoadCertificateFromFile);
        var own = Read(Path.Combine(folder, "node.pfx"), path => X509CertificateLoader.LoadPkcs12FromFile(path, password));
        var tls = new NodeTls(authority, own);
        if (!own.HasPrivateKey) throw new InputException(Path.Combine(folder, "node.pfx"), "no private key", "a certificate with its key", "make it anew");
        if (tls.Fault(own) is { } fault)
            throw new InputException(Path.Combine(folder, "node.pfx"), fault, "a valid certificate signed by ca.pem", "make it anew");
        return tls;
    }

    /// <summary>Whether a certificate is one of the authority's and valid now.</summary>
    public bool Accepts(X509Certificate2? certificate) => certificate is not null && Fault(certificate) is null;

    internal DotNettySslSetup Setup() => new(
        Own, suppressValidation: false, requireMutualAuthentication: true,
        (certificate, _, peer, _, log) =>
        {
            var accepted = Accepts(certificate);
            if (!accepted) log.Warning("refused the certificate of {0}: {1}", peer, certificate is null ? "there is none" : Fault(certificate));
            return accepted;
        });

    public void Dispose()
    {
        _authority.Dispose();
        Own.Dispose();
    }

    private string? Fault(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate) ? null : string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct());
    }

    private static X509Certificate2 Read(string path, Func<string, X509Certificate2> read)
    {
        if (!File.Exists(path)) throw new InputException(path, "no such file", "ca.pem and node.pfx in the folder of --tls", "see docs/operations.md");
        try
        {
            return read(path);
        }
        catch (CryptographicException e)
        {
            throw new InputException(path, e.Message, "a certificate that can be read", "check the file, and the password in SERA_TLS_PASSWORD");
        }
    }
}
