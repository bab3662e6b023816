namespace Sera.Model.Alignment;

/// <summary>Collects what <see cref="RunOptionsRules"/> finds.</summary>
internal sealed class OptionFindings
{
    private readonly List<OptionProblem> _problems = [];

    public IReadOnlyList<OptionProblem> Problems => _problems;

    public void Require(bool holds, string key, object found, string expected)
    {
        if (!holds)
        {
            _problems.Add(new OptionProblem(key, FormattableString.Invariant($"{found}"), expected));
        }
    }

    public void RequireAtLeastOne(string key, int found) => Require(found >= 1, key, found, "a whole number >= 1");
}
