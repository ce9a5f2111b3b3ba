//! One record as cells, and how it becomes a line of CSV (RFC 4180, `\n` between records).

use super::date::Date;

/// The cells of one record, in the order of the layout; the space is used again for the next record.
#[derive(Default)]
pub(super) struct Row {
    text: Vec<u8>,
    /// Where each cell ends, and whether it may hold characters that need quotes.
    cells: Vec<(u32, bool)>,
    free_text: bool,
}

impl Row {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
        self.free_text = false;
    }

    /// Adds to the open cell. Only for text without delimiter, quote or line break: digits, codes, dates.
    pub(super) fn put(&mut self, code: &[u8]) -> &mut Self {
        self.text.extend_from_slice(code);
        self
    }

    /// Adds any text to the open cell.
    pub(super) fn put_text(&mut self, text: &str) -> &mut Self {
        self.text.extend_from_slice(text.as_bytes());
        self.free_text = true;
        self
    }

    /// Adds a whole number.
    pub(super) fn put_int(&mut self, value: i64) -> &mut Self {
        if value < 0 {
            self.text.push(b'-');
        }
        self.put_padded(value.unsigned_abs(), 1)
    }

    /// Adds a number of at least `width` digits, zeros in front.
    pub(super) fn put_padded(&mut self, value: u64, width: usize) -> &mut Self {
        // The longest u64 has 20 digits.
        let mut digits = [b'0'; 20];
        let (mut at, mut left) = (digits.len(), value);
        while left > 0 {
            at -= 1;
            digits[at] = b'0' + (left % 10) as u8;
            left /= 10;
        }
        let start = at.min(digits.len() - width);
        self.put(&digits[start..])
    }

    /// Ends the open cell.
    pub(super) fn close(&mut self) {
        // A record is far shorter than 4 GiB.
        self.cells.push((self.text.len() as u32, self.free_text));
        self.free_text = false;
    }

    pub(super) fn code(&mut self, code: &str) {
        self.put(code.as_bytes()).close();
    }

    pub(super) fn text(&mut self, text: &str) {
        self.put_text(text).close();
    }

    pub(super) fn empty(&mut self) {
        self.close();
    }

    pub(super) fn int(&mut self, value: i64) {
        self.put_int(value).close();
    }

    /// A number of tenths, written with one decimal unless it is whole.
    pub(super) fn tenths(&mut self, tenths: i64) {
        if tenths < 0 {
            self.put(b"-");
        }
        let tenths = tenths.unsigned_abs();
        self.put_padded(tenths / 10, 1);
        if !tenths.is_multiple_of(10) {
            self.put(b".").put_padded(tenths % 10, 1);
        }
        self.close();
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.code(if value { "true" } else { "false" });
    }

    pub(super) fn put_date(&mut self, date: Date) -> &mut Self {
        self.put_padded(u64::from(date.year.unsigned_abs()), 4);
        self.put(b"-").put_padded(u64::from(date.month), 2);
        self.put(b"-").put_padded(u64::from(date.day), 2)
    }

    pub(super) fn date(&mut self, days: i32) {
        self.put_date(Date::of_days(days)).close();
    }

    /// A cell that is filled only where there is something to say.
    pub(super) fn optional<T>(&mut self, value: Option<T>, fill: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => fill(self, value),
            None => self.empty(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    pub(super) fn get(&self, cell: usize) -> &[u8] {
        let start = if cell == 0 { 0 } else { self.cells[cell - 1].0 as usize };
        &self.text[start..self.cells[cell].0 as usize]
    }

    /// Puts another text into a cell.
    pub(super) fn replace(&mut self, cell: usize, text: &[u8]) {
        let start = if cell == 0 { 0 } else { self.cells[cell - 1].0 };
        let old = self.cells[cell].0 - start;
        self.text.splice(start as usize..(start + old) as usize, text.iter().copied());
        for (end, _) in &mut self.cells[cell..] {
            *end = *end - old + text.len() as u32;
        }
        self.cells[cell].1 = true;
    }

    /// Writes a cell, in quotes where it needs them.
    pub(super) fn write_cell(&self, cell: usize, delimiter: u8, out: &mut Vec<u8>) {
        let text = self.get(cell);
        let special = |byte: &u8| *byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
        if !(self.cells[cell].1 && text.iter().any(special)) {
            out.extend_from_slice(text);
            return;
        }
        out.push(b'"');
        for &byte in text {
            if byte == b'"' {
                out.push(b'"');
            }
            out.push(byte);
        }
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn written(row: &Row, cell: usize) -> String {
        let mut out = Vec::new();
        row.write_cell(cell, b',', &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_with_quotes_commas_and_line_breaks_is_quoted_and_nothing_else_is() {
        let mut row = Row::default();
        row.text("dit \"oui\"");
        row.text("a, b");
        row.text("a\nb");
        row.text("a ; b");
        row.date(0);
        assert_eq!(written(&row, 0), "\"dit \"\"oui\"\"\"");
        assert_eq!(written(&row, 1), "\"a, b\"");
        assert_eq!(written(&row, 2), "\"a\nb\"");
        assert_eq!(written(&row, 3), "a ; b");
        assert_eq!(written(&row, 4), "1970-01-01");
    }

    #[test]
    fn numbers_are_written_as_a_schema_reads_them() {
        let mut row = Row::default();
        for tenths in [0, 5, 10, 1_685, -5] {
            row.tenths(tenths);
        }
        row.int(-120);
        row.put_padded(7, 3).close();
        let cells: Vec<_> = (0..row.len()).map(|cell| written(&row, cell)).collect();
        assert_eq!(cells, ["0", "0.5", "1", "168.5", "-0.5", "-120", "007"]);
    }

    #[test]
    fn a_replaced_cell_leaves_its_neighbours_alone() {
        let mut row = Row::default();
        row.code("un");
        row.code("deux");
        row.code("trois");
        row.replace(1, b"2, enfin");
        row.replace(0, b"");
        assert_eq!((row.get(0), row.get(1), row.get(2)), (&b""[..], &b"2, enfin"[..], &b"trois"[..]));
        assert_eq!(written(&row, 1), "\"2, enfin\"");
    }
}
