using Sera.Model.Evaluation;

namespace Sera.Model.Data.World.Kinds;

/// <summary>A fixed table of common facts, and the order of days, months and seasons; each asked in five ways.</summary>
internal sealed class Facts : IWorldKind
{
    private static readonly string[] Frames =
        ["What is the {0} {1}?", "Tell me the {0} {1}.", "Name the {0} {1}.", "Give the {0} {1}.", "The {0} {1} is what?"];

    // A bar separates answers that are both right.
    private static readonly (string Relation, (string Of, string Answers)[] Rows)[] Tables =
    [
        ("color", [("snow", "white"), ("grass", "green"), ("coal", "black"), ("blood", "red"), ("the sky", "blue"), ("a banana", "yellow"),
            ("a carrot", "orange"), ("mud", "brown"), ("a pea", "green"), ("milk", "white"), ("a crow", "black"), ("the sun", "yellow")]),
        ("sound", [("a cow", "moo"), ("a dog", "bark|woof"), ("a cat", "meow"), ("a duck", "quack"), ("a sheep", "baa"), ("a lion", "roar"),
            ("a pig", "oink"), ("a bee", "buzz"), ("a horse", "neigh"), ("an owl", "hoot"), ("a snake", "hiss"), ("a frog", "croak")]),
        ("child", [("a dog", "puppy"), ("a cat", "kitten"), ("a cow", "calf"), ("a sheep", "lamb"), ("a horse", "foal"), ("a hen", "chick"),
            ("a goat", "kid"), ("a lion", "cub"), ("a duck", "duckling"), ("a pig", "piglet")]),
        ("home", [("a bee", "hive"), ("a bird", "nest"), ("a horse", "stable"), ("a spider", "web"), ("a fox", "den"), ("a pig", "sty")]),
        ("opposite", [("hot", "cold"), ("big", "small|little"), ("up", "down"), ("open", "closed"), ("day", "night"), ("wet", "dry"),
            ("left", "right"), ("old", "new|young"), ("fast", "slow"), ("full", "empty"), ("high", "low"), ("long", "short"), ("hard", "soft"),
            ("happy", "sad"), ("light", "dark"), ("first", "last"), ("near", "far"), ("good", "bad"), ("rich", "poor"), ("thick", "thin")]),
    ];

    private static readonly (string Name, string[] Items)[] Circles =
    [
        ("day", ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]),
        ("month", ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]),
        ("season", ["spring", "summer", "autumn", "winter"]),
    ];

    public IEnumerable<WorldForm> Forms()
    {
        yield return new WorldForm("facts", Weak: false, [.. Tables.SelectMany(table => FromTable(table.Relation, table.Rows))]);
        yield return new WorldForm("order of time", Weak: true, [.. Circles.SelectMany(circle => FromCircle(circle.Name, circle.Items))]);
    }

    private static IEnumerable<WorldTask> FromTable(string relation, (string Of, string Answers)[] rows)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            string[] right = rows[i].Answers.Split('|');
            string[] wrong = [.. rows.Skip(i + 1).Concat(rows.Take(i)).Select(row => row.Answers.Split('|')[0]).Except(right)];
            var check = right.Length == 1 ? new AnswerCheck(AnswerJudge.Exact, [right[0]]) : new AnswerCheck(AnswerJudge.Any, [.. right]);
            foreach (var frame in Frames)
                yield return new WorldTask(Asked(frame, relation, $"of {rows[i].Of}"), check, random => random.Pick(right), [random => random.Pick(wrong)]);
        }
    }

    private static IEnumerable<WorldTask> FromCircle(string name, string[] items) =>
        from i in Enumerable.Range(0, items.Length)
        from step in (int[])[1, -1]
        from frame in Frames
        select Neighbour(frame, name, items, i, step);

    private static WorldTask Neighbour(string frame, string name, string[] items, int i, int step)
    {
        string At(int offset) => items[(i + items.Length + offset) % items.Length];
        return WorldTask.Of(Asked(frame, name, $"{(step > 0 ? "after" : "before")} {items[i]}"), At(step), At(-step), At(2 * step), items[i]);
    }

    private static string Asked(string frame, string what, string ofWhat) =>
        string.Format(System.Globalization.CultureInfo.InvariantCulture, frame, what, ofWhat);
}
