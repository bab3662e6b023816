using System.Text.Json;
using Sera.Model.Tokenization.Chat;
using Xunit;

namespace Sera.Model.Tests.Tokenization.Chat;

/// <summary>Templates rendered without a folder around them.</summary>
internal static class Rendered
{
    /// <summary>As in the script of the golden texts.</summary>
    public static DateTime Now { get; } = new(2026, 7, 5, 13, 4, 9, DateTimeKind.Unspecified);

    public static string Text(string template, params (string Name, Value Value)[] variables) =>
        Template.Parse(template).Render(variables.Select(variable => KeyValuePair.Create(variable.Name, variable.Value)), Now);

    public static string Text(string template, JsonElement variables) => Template.Parse(template).Render(((MapValue)JsonValues.Of(variables)!).Items, Now);

    public static TemplateException Refused(string template) => Assert.Throws<TemplateException>(() => Text(template));
}
