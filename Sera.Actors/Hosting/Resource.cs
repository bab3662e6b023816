namespace Sera.Actors.Hosting;

/// <summary>Texts that the assembly carries: the files of hocon/ and the journal's schema.</summary>
internal static class Resource
{
    public static string Text(string name)
    {
        using var stream = typeof(Resource).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the assembly lacks {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
