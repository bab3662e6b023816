using Sera.Model.Evaluation;

namespace Sera.Model.Data.World.Kinds;

/// <summary>"List three fruits, not plum." Any three different ones of the set, separated by commas.</summary>
internal sealed class Listing : IWorldKind
{
    private static readonly (string Name, string[] Items)[] Sets =
    [
        ("fruits", ["apple", "pear", "plum", "grape", "lemon", "peach", "mango", "cherry"]),
        ("animals", ["cat", "dog", "cow", "pig", "horse", "sheep", "goat", "fox"]),
        ("colors", ["red", "blue", "green", "yellow", "black", "white", "pink", "brown"]),
        ("tools", ["hammer", "saw", "drill", "nail", "rake", "axe", "file", "spade"]),
        ("birds", ["owl", "duck", "crow", "swan", "hawk", "robin", "eagle", "dove"]),
        ("clothes", ["hat", "coat", "shirt", "sock", "shoe", "scarf", "belt", "glove"]),
        ("foods", ["bread", "rice", "soup", "cheese", "egg", "cake", "pasta", "salad"]),
        ("body parts", ["arm", "leg", "nose", "ear", "eye", "hand", "foot", "knee"]),
    ];

    public IEnumerable<WorldForm> Forms()
    {
        yield return new WorldForm("listing two", Weak: false, [.. Tasks(2)]);
        yield return new WorldForm("listing three", Weak: true, [.. Tasks(3)]);
    }

    private static IEnumerable<WorldTask> Tasks(int count)
    {
        for (var s = 0; s < Sets.Length; s++)
        {
            var (set, others) = (Sets[s], Sets[(s + 1) % Sets.Length].Items);
            foreach (var verb in (string[])["List", "Name"])
            {
                var asked = $"{verb} {Words.Number(count)} {set.Name}";
                yield return Task(asked + ".", count, set.Items, [], others);
                for (var i = 0; i < set.Items.Length; i++)
                {
                    yield return Task($"{asked}, not {set.Items[i]}.", count, set.Items, [set.Items[i]], others);
                    for (var j = i + 1; j < set.Items.Length; j++)
                        yield return Task($"{asked}, not {set.Items[i]} or {set.Items[j]}.", count, set.Items, [set.Items[i], set.Items[j]], others);
                }
            }
        }
    }

    private static WorldTask Task(string instruction, int count, string[] items, string[] barred, string[] others)
    {
        string[] allowed = [.. items.Except(barred)];
        var habit = count > 2 ? -1 : 1; // two become three, three become two
        string[] strangers = barred.Length > 0 ? barred : others;
        IEnumerable<string> Some(WorldRandom random, int n) => random.Shuffled(allowed).Take(n);
        return new WorldTask(
            instruction,
            new AnswerCheck(AnswerJudge.List, [.. allowed], count),
            random => string.Join(", ", Some(random, count)),
            [
                random => string.Join(", ", Some(random, count + habit)),
                random => string.Join(", ", Some(random, count - habit)),
                random => string.Join(", ", Some(random, count - 1).Append(random.Pick(strangers))),
                random => string.Join(' ', Some(random, count)),
            ]);
    }
}
