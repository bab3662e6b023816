using System.Text.Encodings.Web;
using System.Text.Json;
using Sera.Model.Data;

namespace Sera.Model.Tokenization;

/// <summary>A place in a JSON file that knows its own name, so that whatever is not understood there is refused by name.</summary>
internal sealed class JsonPart
{
    private const int LongestQuote = 60;
    private const int HighestId = (1 << 24) - 1;

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly string _file;
    private readonly string _path;

    private JsonPart(string file, string path, JsonElement element)
    {
        _file = file;
        _path = path;
        Element = element;
    }

    public JsonElement Element { get; }

    /// <summary>The "type" member, by which tokenizer.json tells its parts apart.</summary>
    public string Type => Text("type");

    /// <returns>The root object of the file; null when there is no such file.</returns>
    public static JsonPart? ReadFile(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            using var document = StrictJson.Parse(File.ReadAllBytes(file));
            var root = new JsonPart(file, "", document.RootElement.Clone());
            return root.Element.ValueKind == JsonValueKind.Object ? root : throw root.Refuse(Quote(root.Element), "a JSON object");
        }
        catch (JsonException e)
        {
            var line = (int)(e.LineNumber ?? 0) + 1;
            throw new InputException(file, line, "the JSON is broken or cut short there", "a whole JSON object", "fetch the file again");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException(file, "it cannot be read", "a readable file", "check its permissions");
        }
    }

    /// <returns>The member, or null where it is absent or JSON null.</returns>
    public JsonPart? Optional(string name) =>
        Element.ValueKind == JsonValueKind.Object && Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? new JsonPart(_file, _path.Length == 0 ? name : $"{_path}.{name}", value)
            : null;

    public JsonPart Required(string name) => Optional(name) ?? throw Refuse($"no \"{name}\"", $"a value for \"{name}\"");

    public string Text(string name) => Required(name).Text();

    /// <returns>This value as a text.</returns>
    public string Text() => Element.ValueKind == JsonValueKind.String ? Element.GetString()! : throw Refuse(Quote(Element), "a string");

    public bool Flag(string name, bool absent)
    {
        var part = Optional(name);
        return part?.Element.ValueKind switch
        {
            null => absent,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw part.Refuse(Quote(part.Element), "true or false"),
        };
    }

    public int Id(string name) => Required(name).Id();

    /// <returns>This value as a token id.</returns>
    public int Id() =>
        Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out var id) && id is >= 0 and <= HighestId
            ? id
            : throw Refuse(Quote(Element), $"a whole number from 0 to {HighestId}");

    public IEnumerable<JsonPart> Items(string name)
    {
        var part = Required(name);
        return part.Element.ValueKind == JsonValueKind.Array
            ? part.Element.EnumerateArray().Select((item, i) => new JsonPart(_file, $"{part._path}[{i}]", item))
            : throw part.Refuse(Quote(part.Element), "a list");
    }

    public IEnumerable<(string Name, JsonPart Value)> Members(string name)
    {
        var part = Required(name);
        return part.Element.ValueKind == JsonValueKind.Object
            ? part.Element.EnumerateObject().Select(member => (member.Name, new JsonPart(_file, $"{part._path}[{Quote(member.Name)}]", member.Value)))
            : throw part.Refuse(Quote(part.Element), "an object");
    }

    /// <summary>Refuses a member outside <paramref name="known"/>: it may mean something that would be missed.</summary>
    public JsonPart Only(params ReadOnlySpan<string> known)
    {
        if (Element.ValueKind != JsonValueKind.Object)
        {
            throw Refuse(Quote(Element), "an object");
        }

        foreach (var member in Element.EnumerateObject())
        {
            if (member.Name != "type" && !known.Contains(member.Name))
            {
                throw Refuse($"the unknown member \"{member.Name}\"", $"only {string.Join(", ", known!)}");
            }
        }

        return this;
    }

    public InputException Refuse(string found, string expected) =>
        new(_path.Length == 0 ? _file : $"{_file} ({_path})", found, expected, "use a tokenizer whose every part is supported, or mend the file");

    /// <returns>One line of text, quoted and cut to a readable length.</returns>
    public static string Quote(string text) => Cut(JsonSerializer.Serialize(text, Plain));

    public static string Quote(JsonElement element) => Cut(JsonSerializer.Serialize(element, Plain));

    private static string Cut(string line) => line.Length <= LongestQuote ? line : line[..LongestQuote] + "...";
}
