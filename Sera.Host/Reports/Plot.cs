using System.Xml.Linq;

namespace Sera.Host.Reports;

/// <summary>
/// An SVG picture with axes, to draw into. Small enough to stay readable on a phone; its colours are classes, so that the page's style decides them
/// for light and dark.
/// </summary>
internal sealed class Plot
{
    private const double Width = 400;
    private const double Height = 240;
    private const double Left = 52;
    private const double Right = 10;
    private const double Top = 10;
    private const double Bottom = 40;
    private readonly Axis _x;
    private readonly Axis _y;
    private readonly XElement _svg;

    /// <param name="title">Read out by a screen reader.</param>
    public Plot(string title, Axis x, Axis y, string xLabel, string yLabel)
    {
        (_x, _y) = (x, y);
        _svg = new XElement(
            "svg",
            new XAttribute("viewBox", FormattableString.Invariant($"0 0 {Width} {Height}")),
            new XAttribute("role", "img"),
            new XAttribute("aria-label", title),
            new XElement("title", title));
        foreach (var tick in y.Ticks)
        {
            Line("grid", Left, Y(tick), Width - Right, Y(tick));
            Text("end", Left - 6, Y(tick) + 4, Axis.Label(tick));
        }
        foreach (var tick in x.Ticks)
        {
            Line("tick", X(tick), Height - Bottom, X(tick), Height - Bottom + 4);
            Text("middle", X(tick), Height - Bottom + 16, Axis.Label(tick));
        }
        Line("axis", Left, Height - Bottom, Width - Right, Height - Bottom);
        Text("middle", (Left + Width - Right) / 2, Height - 6, xLabel);
        Text("middle", 0, 0, yLabel).SetAttributeValue(
            "transform", FormattableString.Invariant($"translate(12 {(Top + Height - Bottom) / 2}) rotate(-90)"));
    }

    public string Svg => _svg.ToString(SaveOptions.DisableFormatting);

    public void Curve(string css, IEnumerable<(double X, double Y)> points)
    {
        var path = string.Join(' ', points.Where(p => double.IsFinite(p.Y)).Select(p => $"{Figure.Coordinate(X(p.X))},{Figure.Coordinate(Y(p.Y))}"));
        if (path.Length > 0)
        {
            _svg.Add(new XElement("polyline", new XAttribute("class", css), new XAttribute("points", path)));
        }
    }

    /// <summary>The area between two curves.</summary>
    public void Band(string css, IEnumerable<(double X, double Low, double High)> points)
    {
        var finite = points.Where(p => double.IsFinite(p.Low) && double.IsFinite(p.High)).ToList();
        var outline = finite.Select(p => (p.X, Y: p.High)).Concat(Enumerable.Reverse(finite).Select(p => (p.X, Y: p.Low)));
        if (finite.Count > 1)
        {
            _svg.Add(new XElement(
                "polygon", new XAttribute("class", css),
                new XAttribute("points", string.Join(' ', outline.Select(p => $"{Figure.Coordinate(X(p.X))},{Figure.Coordinate(Y(p.Y))}")))));
        }
    }

    public void Dot(string css, double x, double y, string hint) => _svg.Add(new XElement(
        "circle", new XAttribute("class", css), At("cx", X(x)), At("cy", Y(y)), new XAttribute("r", "4"), new XElement("title", hint)));

    public void Box(string css, double x0, double x1, double y0, double y1, double opacity, string hint) => _svg.Add(new XElement(
        "rect", new XAttribute("class", css), At("x", X(x0)), At("y", Y(y1)), At("width", X(x1) - X(x0)), At("height", Y(y0) - Y(y1)),
        At("fill-opacity", opacity), new XElement("title", hint)));

    /// <summary>A vertical line through the whole picture, where x lies within it.</summary>
    public void Mark(string css, double x)
    {
        if (x >= _x.Min && x <= _x.Max)
        {
            Line(css, X(x), Top, X(x), Height - Bottom);
        }
    }

    private static XAttribute At(string name, double value) => new(name, Figure.Coordinate(value));

    private double X(double value) => Left + (value - _x.Min) / (_x.Max - _x.Min) * (Width - Left - Right);

    private double Y(double value) => Height - Bottom - (value - _y.Min) / (_y.Max - _y.Min) * (Height - Top - Bottom);

    private void Line(string css, double x1, double y1, double x2, double y2) => _svg.Add(
        new XElement("line", new XAttribute("class", css), At("x1", x1), At("y1", y1), At("x2", x2), At("y2", y2)));

    private XElement Text(string anchor, double x, double y, string text)
    {
        var element = new XElement("text", new XAttribute("text-anchor", anchor), At("x", x), At("y", y), text);
        _svg.Add(element);
        return element;
    }
}
