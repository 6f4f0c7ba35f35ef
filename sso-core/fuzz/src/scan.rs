//! Where elements and attributes are, found quickly and in broken documents too.

use std::ops::Range;

/// An element, by offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// From the start tag to behind the end tag.
    pub(crate) whole: Range<usize>,
    /// The start tag.
    pub(crate) tag: Range<usize>,
    /// What is inside; empty, at the end of the tag, if the tag is the whole element.
    pub(crate) content: Range<usize>,
}

/// The elements that end, in the order of their ends.
pub(crate) fn elements(data: &[u8]) -> Vec<Span> {
    let mut found = Vec::with_capacity(128);
    let mut open: Vec<Range<usize>> = Vec::with_capacity(32);
    let mut at = 0;
    while let Some(start) = find(data, at, b"<") {
        let rest = data.get(start..).unwrap_or_default();
        at = match rest {
            [b'<', b'/', ..] => end_tag(data, start, &mut open, &mut found),
            [b'<', b'!', b'-', b'-', ..] => behind(data, start, b"-->"),
            [b'<', b'!', b'[', ..] => behind(data, start, b"]]>"),
            [b'<', b'!' | b'?', ..] => behind(data, start, b">"),
            _ => start_tag(data, start, &mut open, &mut found),
        };
    }
    found
}

/// The elements that hold a text and nothing else: neither markup nor a reference.
pub(crate) fn leaves(data: &[u8]) -> Vec<Span> {
    let mut leaves = elements(data);
    leaves.retain(|it| {
        let text = data.get(it.content.clone()).unwrap_or_default();
        !text.is_empty() && !text.iter().any(|it| matches!(it, b'<' | b'&'))
    });
    leaves
}

/// The attributes of the start tag at `tag`, each with the white space before it.
pub(crate) fn attributes(data: &[u8], tag: &Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let text = data.get(..tag.end).unwrap_or_default();
    let is_space = |at: usize| text.get(at).is_some_and(u8::is_ascii_whitespace);
    let mut at = tag.start;
    while let Some(equals) = find(text, at, b"=") {
        let Some(end) = value_end(text, equals) else {
            break;
        };
        let name = (at..equals).rev().find(|it| is_space(*it));
        found.extend(name.map(|start| start..end));
        at = end;
    }
    found
}

fn value_end(text: &[u8], equals: usize) -> Option<usize> {
    let is_quote = |it: &u8| matches!(it, b'"' | b'\'');
    let rest = text.get(equals + 1..)?;
    let open = equals + 1 + rest.iter().position(is_quote)?;
    let quote = text.get(open..=open)?;
    Some(find(text, open + 1, quote)? + 1)
}

fn start_tag(
    data: &[u8],
    start: usize,
    open: &mut Vec<Range<usize>>,
    found: &mut Vec<Span>,
) -> usize {
    let end = tag_end(data, start);
    let tag = start..end;
    if data.get(..end).is_some_and(|it| it.ends_with(b"/>")) {
        found.push(Span {
            whole: tag.clone(),
            content: end..end,
            tag,
        });
    } else {
        open.push(tag);
    }
    end
}

fn end_tag(
    data: &[u8],
    start: usize,
    open: &mut Vec<Range<usize>>,
    found: &mut Vec<Span>,
) -> usize {
    let end = behind(data, start, b">");
    found.extend(open.pop().map(|tag| Span {
        whole: tag.start..end,
        content: tag.end..start,
        tag,
    }));
    end
}

/// Behind the `>` that no quotes hide.
fn tag_end(data: &[u8], start: usize) -> usize {
    let mut quote = None;
    for (at, &byte) in data.iter().enumerate().skip(start) {
        match (byte, quote) {
            (b'>', None) => return at + 1,
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    data.len()
}

fn behind(data: &[u8], from: usize, mark: &[u8]) -> usize {
    find(data, from, mark).map_or(data.len(), |at| at + mark.len())
}

pub(crate) fn find(data: &[u8], from: usize, mark: &[u8]) -> Option<usize> {
    let first = *mark.first()?;
    let mut at = from;
    loop {
        at += data.get(at..)?.iter().position(|it| *it == first)?;
        if data.get(at..)?.starts_with(mark) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_whatever_quotes_and_comments_hold() {
        let xml = b"<?x <b>?><a b='>'><!--<c>--><d/><![CDATA[</a>]]></a>";
        let found = elements(xml);
        let texts: Vec<_> = found.iter().map(|it| &xml[it.whole.clone()]).collect();
        assert_eq!(texts, [&b"<d/>"[..], &xml[9..]]);
        assert_eq!(
            &xml[found[1].content.clone()],
            b"<!--<c>--><d/><![CDATA[</a>]]>"
        );
    }

    #[test]
    fn an_element_with_markup_or_a_reference_in_it_is_no_leaf() {
        let xml = b"<a><b>1</b><c/><d></d><e>&#50;</e><f>3<g>4</g></f></a>";
        let found = leaves(xml);
        let texts: Vec<_> = found.iter().map(|it| &xml[it.content.clone()]).collect();
        assert_eq!(texts, [b"1", b"4"]);
    }

    #[test]
    fn attributes_are_found_with_the_space_before_them() {
        let xml = b"<a b='1'\n c = \"=2'\" d>";
        let found = attributes(xml, &(0..xml.len()));
        let texts: Vec<_> = found.iter().map(|it| &xml[it.clone()]).collect();
        assert_eq!(texts, [&b" b='1'"[..], b" = \"=2'\""]);
    }

    #[test]
    fn broken_markup_ends_the_search_and_nothing_else() {
        for broken in [
            "<",
            "<a",
            "<a b='",
            "</a>",
            "<!--",
            "<![CDATA[",
            "<a><b></a>",
            "<a b=>",
        ] {
            for span in elements(broken.as_bytes()) {
                let _ = attributes(broken.as_bytes(), &span.tag);
            }
        }
    }
}
