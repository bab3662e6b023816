using System.Text.Json;
using Sera.Model.Tokenization.Chat;
using Xunit;

namespace Sera.Model.Tests.Tokenization.Chat;

/// <summary>Texts that Jinja 3.1 gives, set up as transformers sets it up: Golden/chat_templates.py.</summary>
public sealed class GoldenTemplateTests
{
    [Fact]
    public void Templates_give_the_texts_that_Jinja_gives_and_fail_where_it_fails()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "chat_templates", "cases.json")));
        var variables = golden.RootElement.GetProperty("variables");
        var others = new List<string>();
        foreach (var each in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            var template = each.GetProperty("template").GetString()!;
            var expected = each.TryGetProperty("output", out var output) ? output.GetString()! : "a failure";
            string given;
            try
            {
                given = Rendered.Text(template, variables);
            }
            catch (TemplateException)
            {
                given = "a failure";
            }
            if (given != expected) others.Add($"{template}\n  expected {expected}\n  given    {given}");
        }
        Assert.True(others.Count == 0, string.Join('\n', others));
        Assert.True(golden.RootElement.GetProperty("cases").GetArrayLength() > 700);
    }

    [SharedFact]
    public void All_templates_that_llama_cpp_tests_give_what_transformers_gives()
    {
        using var vectors = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("data", "chat_templates", "vectors_llama_cpp.json")));
        var messages = JsonValues.Of(vectors.RootElement.GetProperty("messages"))!;
        var prompted = JsonValues.Of(vectors.RootElement.GetProperty("add_generation_prompt"))!;
        var cases = vectors.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.Equal(30, cases.Count);
        foreach (var each in cases)
        {
            string Of(string name) => each.GetProperty(name).GetString()!;
            var expected = each.GetProperty("hf_jinja2");
            string Render() => Rendered.Text(
                Of("template"), ("messages", messages), ("add_generation_prompt", prompted), ("bos_token", new TextValue(Of("bos_token"))), ("eos_token", new TextValue(Of("eos_token"))));
            if (expected.TryGetProperty("output", out var output))
            {
                Assert.Equal(output.GetString(), Render());
                continue;
            }
            var error = Assert.Throws<TemplateException>(Render);
            var kind = error.Fault switch { TemplateFault.Raised => "TemplateError", TemplateFault.Undefined => "UndefinedError", var other => other.ToString() };
            Assert.Equal(expected.GetProperty("error").GetString(), $"{kind}: {error.Message}");
        }
    }
}
