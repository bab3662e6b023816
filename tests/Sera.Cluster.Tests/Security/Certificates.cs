using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sera.Testing;
using Sera.Testing.Processes;

namespace Sera.Cluster.Tests.Security;

/// <summary>Authorities and certificates of nodes, made as docs/operations.md says.</summary>
internal sealed class Certificates : IDisposable
{
    public const string Password = "only for this test";
    private readonly TemporaryFolder _folder = new();

    /// <returns>The folder for --tls.</returns>
    public async Task<string> MakeAsync(string authority, string node)
    {
        await LoggedProcess.RunAsync(
            ["env", $"SERA_TLS_PASSWORD={Password}", Path.Combine(SeraProcess.Repository, "deploy", "tls", "make-test-ca.sh"), Path.Combine(_folder.Path, authority), node]);
        return Path.Combine(_folder.Path, authority, node);
    }

    /// <summary>One of an authority that is there, and whose time was over yesterday.</summary>
    /// <inheritdoc cref="MakeAsync"/>
    public string MakeExpired(string authority, string node)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, authority, node)).FullName;
        using var issuer = X509Certificate2.CreateFromPemFile(Path.Combine(folder, "..", "ca.pem"), Path.Combine(folder, "..", "ca.key"));
        using var issuerKey = issuer.GetECDsaPrivateKey()!;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={node}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        using var made = request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(-1), [1, 2, 3]);
        using var own = made.CopyWithPrivateKey(key);
        File.WriteAllBytes(Path.Combine(folder, "node.pfx"), own.Export(X509ContentType.Pfx, Password));
        File.Copy(Path.Combine(folder, "..", "ca.pem"), Path.Combine(folder, "ca.pem"));
        return folder;
    }

    public void Dispose() => _folder.Dispose();
}
