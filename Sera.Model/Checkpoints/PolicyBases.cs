using System.Text.Json;
using Sera.Model.Data;

namespace Sera.Model.Checkpoints;

/// <summary>Which folder holds the policy of a base digest: bases/&lt;digest&gt;.json in a work folder. Safe for several threads and processes.</summary>
public sealed class PolicyBases(string workFolder)
{
    private readonly string _folder = Path.Combine(Path.GetFullPath(workFolder), "bases");

    /// <summary>Remembers where a policy lies; a later registration of the same digest wins.</summary>
    public void Register(PolicyFolder policy) =>
        DurableFile.Write(PathOf(policy.Digest), stream => JsonSerializer.Serialize(stream, new PolicyBase(policy.Path, [.. policy.Files]), PolicyBaseJson.Default.PolicyBase));

    /// <summary>Whether the digest is registered here and its folder unchanged.</summary>
    public bool Knows(string digest)
    {
        try
        {
            _ = Resolve(digest);
            return true;
        }
        catch (InputException)
        {
            return false;
        }
    }

    /// <summary>The folder of a digest, every file read again and found as it was.</summary>
    /// <exception cref="InputException">The digest is not registered here, or a file of its folder changed.</exception>
    public PolicyFolder Resolve(string digest)
    {
        var path = PathOf(digest);
        if (!File.Exists(path)) throw new InputException(path, "no such file", "the place of the starting policy", "run on a node whose work folder knows this policy");
        PolicyBase known;
        try
        {
            known = JsonSerializer.Deserialize(File.ReadAllBytes(path), PolicyBaseJson.Default.PolicyBase) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new InputException(path, "it is damaged", "the place of a policy as JSON", "remove it and start the run again from its run file");
        }
        if (!Directory.Exists(known.Path)) throw new InputException(known.Path, "no such folder", "the starting policy of the run", "restore the folder");
        var unread = new PolicyFolder(known.Path, [.. known.Files], null!);
        unread.VerifyUnchanged();
        return unread.Digest == digest
            ? new PolicyFolder(known.Path, unread.Files, PolicyFolder.ReadConfig(known.Path))
            : throw new InputException(path, $"files of the policy {unread.Digest[..12]}", digest[..Math.Min(12, digest.Length)], "remove it and start the run again from its run file");
    }

    private string PathOf(string digest)
    {
        if (!ArtifactStore.IsName(digest)) throw new ArgumentException($"not a SHA-256 name: '{digest}'", nameof(digest));
        return Path.Combine(_folder, $"{digest}.json");
    }
}
