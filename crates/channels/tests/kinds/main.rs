//! What the recordings do not show: the other kinds of each channel, our own formats, and signatures.

mod meta_kinds;
mod other_kinds;
mod own_formats;
mod signatures;
mod whatsapp_kinds;

use channels::*;

/// The only item of a body.
fn only(items: Result<Vec<Item>, Malformed>) -> Item {
    let mut items = items.unwrap();
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0)
}

fn message(item: Item) -> Message {
    match item.event {
        Event::Message(message) => message,
        other => panic!("{other:?}"),
    }
}
