namespace Sera.Host.Experiments;

/// <summary>Colours of arms in pictures: six that stay apart for colour-blind eyes (Okabe and Ito), then the same with dashes.</summary>
internal static class ArmColours
{
    private const int Colours = 6;
    private const int Dashes = 3;

    public const string Css = """
        :root { --arm0:#0b62a8; --arm1:#c2570c; --arm2:#007a5a; --arm3:#b0508a; --arm4:#8a6d00; --arm5:#4d4d4d }
        @media (prefers-color-scheme: dark) { :root { --arm0:#6cb2ee; --arm1:#f0955a; --arm2:#3fc49c; --arm3:#e097c3; --arm4:#e0c040; --arm5:#b8b8b8 } }
        .arm0 { --arm:var(--arm0) } .arm1 { --arm:var(--arm1) } .arm2 { --arm:var(--arm2) }
        .arm3 { --arm:var(--arm3) } .arm4 { --arm:var(--arm4) } .arm5 { --arm:var(--arm5) }
        .line[class*=arm] { stroke:var(--arm) } .dot[class*=arm],.band { fill:var(--arm) } .band { fill-opacity:.14 }
        .swatch[class*=arm] { background:var(--arm) }
        .line.dash1 { stroke-dasharray:7 4 } .line.dash2 { stroke-dasharray:2 3 }
        .swatch.dash1 { border-radius:50% } .swatch.dash2 { transform:rotate(45deg) }
        """;

    /// <summary>Classes of the arm at a place in the list.</summary>
    public static string Of(int index) => FormattableString.Invariant($"arm{index % Colours} dash{index / Colours % Dashes}");
}
