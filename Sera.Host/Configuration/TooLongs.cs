using Sera.Model.Data;

namespace Sera.Host.Configuration;

/// <summary>data.too-long in words.</summary>
internal static class TooLongs
{
    public static TooLong Of(string word) => word switch
    {
        "refuse" => TooLong.Refuse,
        "cut-response" => TooLong.CutResponse,
        "cut-prompt" => TooLong.CutPrompt,
        _ => TooLong.Drop,
    };
}
