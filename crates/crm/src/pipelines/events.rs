//! What pipelines record.

platform::event_kinds! {
    CREATED = "pipeline.created", "key, name";
    UPDATED = "pipeline.updated", "before, after: changed fields; stages and fields by key";
}
