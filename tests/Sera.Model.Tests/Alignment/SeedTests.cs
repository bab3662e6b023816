using CsCheck;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

/// <summary>Known answers come from the published reference outputs, or from an independent evaluation of the documented formula.</summary>
public sealed class SeedTests
{
    [Fact]
    public void The_mix_is_that_of_SplitMix64()
    {
        const ulong golden = 0x9E3779B97F4A7C15;
        Assert.Equal(6457827717110365317UL, SeedTree.Mix(1234567UL + golden));
        Assert.Equal(3203168211198807973UL, SeedTree.Mix(unchecked(1234567UL + 2 * golden)));
    }

    [Fact]
    public void Children_are_as_documented_for_ever()
    {
        Assert.Equal(12238395649507597436UL, SeedTree.Child(0, 0));
        Assert.Equal(2453983806899355262UL, SeedTree.Child(1, 2));
        Assert.Equal(12185392979147379809UL, SeedTree.Child(1, "generate"));
        Assert.Equal(1311261128432977923UL, SeedTree.Child(7, "é"));
        Assert.Equal(1657456822898081436UL, SeedTree.Child(7, ""));
        Assert.Equal(8218595936168457237UL, SeedTree.ForRound(1, 2, SeedPurpose.Generate));
        Assert.Equal(3163611675805187531UL, SeedTree.ForSample(SeedTree.ForRound(1, 2, SeedPurpose.Generate), "p-17", 3));
    }

    [Fact]
    public void Seeds_of_different_places_differ()
    {
        var seeds = from run in new ulong[] { 1, 2, 3 }
                    from round in Enumerable.Range(0, 5)
                    from purpose in new[] { SeedPurpose.Generate, SeedPurpose.Train, "another" }
                    from prompt in new[] { "1", "2", "12", "21" }
                    from sample in Enumerable.Range(0, 16)
                    select SeedTree.ForSample(SeedTree.ForRound(run, round, purpose), prompt, sample);
        var all = seeds.ToArray();
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void A_negative_round_or_sample_is_refused()
    {
        Assert.Throws<OverflowException>(() => SeedTree.ForRound(1, -1, "train"));
        Assert.Throws<OverflowException>(() => SeedTree.ForSample(1, "p", -1));
    }

    [Fact]
    public void The_generator_gives_the_published_numbers()
    {
        var random = new SeededRandom(1, 2, 3, 4);
        ulong[] published = [11520, 0, 1509978240, 1215971899390074240, 1216172134540287360];
        foreach (var expected in published)
        {
            Assert.Equal(expected, random.NextUInt64());
        }
    }

    [Fact]
    public void A_seed_gives_the_same_numbers_for_ever()
    {
        var random = new SeededRandom(42);
        Assert.Equal(1546998764402558742UL, random.NextUInt64());
        Assert.Equal(0.3789802506626686, random.NextDouble());
        var items = Enumerable.Range(0, 10).ToArray();
        new SeededRandom(42).Shuffle<int>(items);
        Assert.Equal([9, 1, 4, 2, 8, 7, 6, 5, 3, 0], items);
    }

    [Fact]
    public void Doubles_lie_in_the_unit_interval_and_integers_below_the_bound() =>
        Gen.Select(Gen.ULong, Gen.Int[1, int.MaxValue]).Sample((seed, bound) =>
        {
            var random = new SeededRandom(seed);
            Assert.InRange(random.NextDouble(), 0, Math.BitDecrement(1.0));
            Assert.InRange(random.NextBelow(bound), 0, bound - 1);
        });

    // 60,000 throws of a die: the statistic exceeds 31 with probability 1e-5, and the seed is fixed.
    [Fact]
    public void A_die_is_fair()
    {
        var random = new SeededRandom(1);
        var counts = new int[6];
        for (var i = 0; i < 60_000; i++)
        {
            counts[random.NextBelow(6)]++;
        }
        Assert.True(counts.Sum(c => (c - 10_000.0) * (c - 10_000.0) / 10_000.0) < 31);
    }

    [Fact]
    public void Shuffling_keeps_every_item() => Gen.Select(Gen.ULong, Gen.Int.Array[0, 50]).Sample((seed, items) =>
    {
        var shuffled = (int[])items.Clone();
        new SeededRandom(seed).Shuffle<int>(shuffled);
        Assert.Equal(items.Order(), shuffled.Order());
    });
}
