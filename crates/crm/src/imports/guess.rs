//! Which column of a table is which field of a lead, by its header in English and Vietnamese. Pure.

use std::collections::{BTreeMap, BTreeSet};

use platform::fold::fold;

use crate::pipelines::Pipeline;

/// The fields that a column can be, with the headers that name them, folded. The first that fits takes the column.
const FIELDS: &[(&str, &[&str])] = &[
    ("first_name", &["first name", "firstname", "given name", "ten goi"]),
    ("last_name", &["last name", "lastname", "surname", "family name", "ho", "ho dem", "ho va ten dem"]),
    (
        "name",
        &[
            "name",
            "full name",
            "fullname",
            "lead",
            "lead name",
            "contact",
            "contact name",
            "customer",
            "customer name",
            "parent",
            "parent name",
            "ten",
            "ho ten",
            "ho va ten",
            "khach hang",
            "ten khach hang",
            "ten khach",
            "phu huynh",
            "ten phu huynh",
        ],
    ),
    (
        "phone",
        &[
            "phone",
            "phone number",
            "telephone",
            "tel",
            "mobile",
            "mobile phone",
            "cell",
            "phone home",
            "phone 1",
            "dien thoai",
            "so dien thoai",
            "sdt",
            "so dt",
            "dt",
            "di dong",
            "so di dong",
            "dtdd",
        ],
    ),
    ("email", &["email", "e mail", "email address", "mail", "thu dien tu", "dia chi email"]),
    (
        "company",
        &["company", "organisation", "organization", "account", "employer", "cong ty", "to chuc", "don vi"],
    ),
    ("source", &["source", "lead source", "origin", "utm source", "nguon", "nguon khach", "kenh"]),
    ("status", &["status", "stage", "lead status", "trang thai", "giai doan", "tinh trang"]),
    ("disposition", &["disposition", "outcome", "result", "ket qua"]),
    (
        "owner",
        &[
            "owner",
            "assigned to",
            "agent",
            "counselor",
            "counsellor",
            "sales",
            "phu trach",
            "nguoi phu trach",
            "nhan vien",
            "tu van vien",
        ],
    ),
    ("value", &["value", "amount", "deal value", "lead value", "gia tri", "so tien", "doanh thu"]),
    ("tags", &["tags", "tag", "labels", "the", "nhan"]),
    (
        "notes",
        &["notes", "note", "comment", "comments", "remarks", "description", "ghi chu", "mo ta", "noi dung"],
    ),
    (
        "student_name",
        &[
            "student",
            "student name",
            "child",
            "child name",
            "hoc sinh",
            "ten hoc sinh",
            "hoc vien",
            "ten con",
        ],
    ),
    ("student_grade", &["grade", "grade applying for", "class", "lop", "khoi", "lop dang ky"]),
    ("student_date_of_birth", &["dob", "date of birth", "birthday", "student dob", "ngay sinh"]),
    ("created_at", &["created", "created at", "created on", "date", "created date", "ngay tao", "ngay"]),
];

/// Every field that a column can be: the usual ones, then the pipeline's own as `custom.<key>`.
pub fn fields(pipeline: &Pipeline) -> Vec<(String, String)> {
    let usual = FIELDS.iter().map(|(key, names)| ((*key).to_owned(), names[0].to_owned()));
    let own = pipeline.fields.iter().filter(|f| f.is_active);
    usual.chain(own.map(|f| (format!("custom.{}", f.key), f.label.clone()))).collect()
}

/// The field of each column that can be guessed; no field twice.
pub fn guess(headers: &[String], pipeline: &Pipeline) -> BTreeMap<usize, String> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut mapping = BTreeMap::new();
    for (column, header) in headers.iter().enumerate() {
        let plain = words(header);
        let own = pipeline.fields.iter().filter(|f| f.is_active);
        let own = own
            .filter(|f| words(&f.label) == plain || words(&f.key) == plain)
            .map(|f| format!("custom.{}", f.key));
        let usual =
            FIELDS.iter().filter(|(key, names)| words(key) == plain || names.contains(&plain.as_str()));
        let found = usual.map(|(key, _)| (*key).to_owned()).chain(own).find(|field| !taken.contains(field));
        if let Some(field) = found {
            taken.insert(field.clone());
            mapping.insert(column, field);
        }
    }
    mapping
}

/// Folded, with one space for whatever is no letter and no digit.
fn words(text: &str) -> String {
    let folded = fold(text);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        PipelineId,
        pipelines::{Field, FieldKind},
    };

    fn pipeline() -> Pipeline {
        Pipeline {
            id: PipelineId(1),
            key: "p".into(),
            name: "P".into(),
            is_default: true,
            is_active: true,
            currency: "VND".into(),
            has_students: true,
            dispositions: Vec::new(),
            checklist: Vec::new(),
            lost_reasons: Vec::new(),
            stages: Vec::new(),
            fields: vec![Field {
                id: 1,
                key: "entry_year".into(),
                label: "Năm học".into(),
                kind: FieldKind::Text,
                options: Vec::new(),
                is_required: false,
                is_filterable: false,
                position: 0,
                is_active: true,
            }],
            version: 1,
        }
    }

    fn guessed(headers: &[&str]) -> Vec<String> {
        let headers: Vec<String> = headers.iter().map(|h| (*h).to_owned()).collect();
        let mapping = guess(&headers, &pipeline());
        (0..headers.len()).map(|n| mapping.get(&n).cloned().unwrap_or_default()).collect()
    }

    #[test]
    fn english_and_vietnamese_headers_are_known() {
        assert_eq!(
            guessed(&["Full Name", "E-mail", "Phone number", "Lead Source"]),
            ["name", "email", "phone", "source"]
        );
        assert_eq!(
            guessed(&["Họ và tên", "Số điện thoại", "Nguồn", "Ghi chú", "Năm học", "Lớp"]),
            ["name", "phone", "source", "notes", "custom.entry_year", "student_grade"]
        );
        assert_eq!(guessed(&["SĐT", "phone_home", "xyz"]), ["phone", "", ""]);
    }
}
