export const READ = "callbacks.read";
export const CALL = "callbacks.call";
export const MANAGE = "callbacks.manage";
export const CAMPAIGNS_MANAGE = "callbacks.campaigns";
