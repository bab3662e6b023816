namespace Sera.Model.Data.World;

/// <summary>The tasks of every form in an order drawn from the seed, the first ones held out for evaluation.</summary>
internal sealed class WorldPools
{
    // A held-out task is learnable only while most of its form is seen in training.
    private const double MostHeldOut = 0.25;

    private readonly List<(WorldForm Form, List<WorldTask> Tasks)> _training = [];

    private WorldPools(WorldOptions options)
    {
        var forms = WorldKinds.All.SelectMany(kind => kind.Forms()).ToList();
        for (var i = 0; i < forms.Count; i++)
        {
            var tasks = new WorldRandom(options.Seed, forms[i].Name).Shuffled(forms[i].Tasks);
            var eval = Share(options.Eval, i, forms.Count);
            if (eval > MostHeldOut * tasks.Count)
                throw TooMany("--eval", options.Eval, (int)(MostHeldOut * forms.Min(form => form.Tasks.Count)) * forms.Count);
            HeldOut.AddRange(tasks.Take(eval));
            _training.Add((forms[i], tasks[eval..]));
        }
    }

    public List<WorldTask> HeldOut { get; } = [];

    public static WorldPools Of(WorldOptions options) => new(options);

    /// <summary>Tasks for so many rows, evenly over the forms; a form with fewer tasks than rows starts again from its first.</summary>
    public IEnumerable<(WorldForm Form, List<WorldTask> Tasks)> Training(int rows) =>
        _training.Select((pool, i) => (pool.Form, Enumerable.Range(0, Share(rows, i, _training.Count)).Select(n => pool.Tasks[n % pool.Tasks.Count]).ToList()));

    /// <summary>So many different tasks, evenly over the forms, from the far end: beyond those that Training takes first.</summary>
    public IEnumerable<WorldTask> Distinct(int rows)
    {
        var most = _training.Min(pool => pool.Tasks.Count) * _training.Count;
        if (rows > most) throw TooMany("--prompts", rows, most);
        return _training.SelectMany((pool, i) => pool.Tasks.TakeLast(Share(rows, i, _training.Count)));
    }

    private static int Share(int rows, int form, int forms) => rows / forms + (form < rows % forms ? 1 : 0);

    private static InputException TooMany(string option, int found, int most) =>
        new(option, $"{found}", $"at most {most}, so many different prompts the smallest form has", "ask for fewer");
}
