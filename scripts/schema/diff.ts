const CONTEXT = 2;

/** Lines of `before` and `after` with what was taken away (-) and added (+), and a little of what surrounds it; empty when equal. */
export function diffLines(before: string, after: string): string {
  const lines = align(before.split('\n'), after.split('\n'));
  const near = (index: number) => lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((line) => !line.startsWith(' '));
  const shown = lines.flatMap((line, index) => (near(index) ? [{ line, index }] : []));
  return shown.map(({ line, index }, at) => (at > 0 && shown[at - 1]?.index !== index - 1 ? `  …\n${line}` : line)).join('\n');
}

/** The shortest way from one text to the other, by the longest common subsequence of their lines. */
function align(before: string[], after: string[]): string[] {
  const width = after.length + 1;
  const common = new Uint16Array((before.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    if (i < before.length && before[i] === after[j]) {
      lines.push(`  ${before[i]}`);
      i += 1;
      j += 1;
    } else if (i < before.length && (j >= after.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`- ${before[i]}`);
      i += 1;
    } else {
      lines.push(`+ ${after[j]}`);
      j += 1;
    }
  }
  return lines;
}
