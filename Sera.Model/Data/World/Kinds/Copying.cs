namespace Sera.Model.Data.World.Kinds;

/// <summary>"Write the words cat sun in capitals, joined by -." and the same without capitals.</summary>
internal sealed class Copying : IWorldKind
{
    private static readonly string[] Joints = ["-", "+", "/"];

    public IEnumerable<WorldForm> Forms()
    {
        yield return new WorldForm("copying in capitals", Weak: true, [.. Tasks(capitals: true)]);
        yield return new WorldForm("copying joined", Weak: false, [.. Tasks(capitals: false)]);
    }

    private static IEnumerable<WorldTask> Tasks(bool capitals) =>
        from a in Words.All
        from b in Words.All
        where a != b
        from joint in Joints
        select capitals ? InCapitals(a, b, joint) : Joined(a, b, joint);

    private static WorldTask InCapitals(string a, string b, string joint)
    {
        var (upperA, upperB) = (a.ToUpperInvariant(), b.ToUpperInvariant());
        return WorldTask.Of(
            $"Write the words {a} {b} in capitals, joined by {joint}.",
            upperA + joint + upperB,
            a + joint + b,
            $"{upperA} {upperB}",
            upperB + joint + upperA,
            upperA + joint + b);
    }

    private static WorldTask Joined(string a, string b, string joint) => WorldTask.Of(
        $"Write the words {a} {b} joined by {joint}.",
        a + joint + b,
        a.ToUpperInvariant() + joint + b.ToUpperInvariant(),
        $"{a} {b}",
        b + joint + a,
        a + joint + b.ToUpperInvariant());
}
