namespace Sera.Model.Data;

/// <summary>Bad input from outside (file, option, weights). Its message is one line; the program prints it and exits with code 2.</summary>
public sealed class InputException : Exception
{
    /// <param name="where">File, with :line where there is one, or the option's name.</param>
    /// <param name="found">What is there.</param>
    /// <param name="expected">What should be there.</param>
    /// <param name="remedy">What to do.</param>
    public InputException(string where, string found, string expected, string remedy)
        : base($"{where}: {found}; expected {expected}; {remedy}")
    {
    }

    /// <inheritdoc cref="InputException(string, string, string, string)"/>
    public InputException(string file, int line, string found, string expected, string remedy)
        : this($"{file}:{line}", found, expected, remedy)
    {
    }
}
