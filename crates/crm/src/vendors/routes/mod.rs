//! The routes of vendors, and those of a vendor's own portal.

mod judge;
mod manage;
mod portal;
mod quality;

use platform::{http::Api, route};

use crate::Crm;

/// Adds them.
pub fn api() -> Api<Crm> {
    let mut api = Api::new();
    route!(api, manage::list_vendors);
    route!(api, manage::create_vendor);
    route!(api, manage::get_vendor);
    route!(api, manage::change_vendor);
    route!(api, manage::delete_vendor);
    route!(api, manage::regenerate_vendor_key);
    route!(api, manage::list_vendor_users);
    route!(api, manage::create_vendor_user);
    route!(api, manage::change_vendor_user);
    route!(api, manage::invite_vendor_user);
    route!(api, judge::check_vendor_post);
    route!(api, judge::get_vendor_defaults);
    route!(api, judge::put_vendor_defaults);
    route!(api, quality::vendor_performance);
    route!(api, quality::vendor_posts);
    route!(api, portal::portal_dashboard);
    route!(api, portal::portal_leads);
    route!(api, portal::portal_performance, alias "/vendor/analytics" get);
    route!(api, portal::portal_profile);
    route!(api, portal::change_portal_profile);
    api
}
