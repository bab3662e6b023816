using System.Text;

namespace Sera.Model.Alignment;

/// <summary>
/// Seeds by name. A child depends only on its parent and its own name or index, never on which siblings exist, who asked first, or how
/// often, so every piece of work can be seeded anywhere at any time. The mix is frozen: changing it changes every run.
/// <para>
/// child(s, index) = mix(mix(s + G) + mix(index xor I)); child(s, name) = mix(mix(s + G) + mix(fnv1a64(UTF-8 of name) xor N)), where mix is the
/// finaliser of SplitMix64 (Steele, Lea, Flood 2014), G = 0x9E3779B97F4A7C15, I and N are two constants that keep indices and names apart.
/// </para>
/// </summary>
public static class SeedTree
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private const ulong IndexTag = 0xD1B54A32D192ED03;
    private const ulong NameTag = 0x8CB92BA72F3D8DD7;
    private const ulong FnvOffset = 0xCBF29CE484222325;
    private const ulong FnvPrime = 0x100000001B3;

    public static ulong Child(ulong seed, ulong index) => Mix(Mix(seed + Golden) + Mix(index ^ IndexTag));

    public static ulong Child(ulong seed, string name) => Mix(Mix(seed + Golden) + Mix(Hash(name) ^ NameTag));

    /// <summary>Seed of one purpose in one round, such as the order of training or the rollouts (see <see cref="SeedPurpose"/>).</summary>
    public static ulong ForRound(ulong runSeed, int round, string purpose) => Child(Child(runSeed, checked((ulong)round)), purpose);

    /// <summary>Seed of sample k of a prompt, below the seed of the purpose it belongs to.</summary>
    public static ulong ForSample(ulong purposeSeed, string promptId, int sample) => Child(Child(purposeSeed, promptId), checked((ulong)sample));

    internal static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static ulong Hash(string name)
    {
        var hash = FnvOffset;
        foreach (var unit in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ unit) * FnvPrime;
        }
        return hash;
    }
}
