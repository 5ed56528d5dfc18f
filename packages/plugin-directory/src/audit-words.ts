import type { AuditWords } from "@hotlinejs/core";

/** Who signed in, and what is done to accounts, for the page of the audit. */
export const directoryAuditWords: AuditWords = {
  actions: [
    { name: "auth.succeeded", title: "登录", titleEn: "Signed in" },
    { name: "auth.failed", title: "登录失败", titleEn: "Sign-in failed" },
    { name: "auth.locked", title: "登录多次失败，已锁定", titleEn: "Sign-in failed too often; locked" },
    { name: "auth.password-changed", title: "修改密码", titleEn: "Changed a password" },
    { name: "directory.user.created", title: "新建账号", titleEn: "Made an account" },
    { name: "directory.user.updated", title: "修改账号", titleEn: "Changed an account" },
    { name: "directory.user.seeded", title: "按配置建立账号", titleEn: "Account from the configuration" },
    { name: "directory.role.set", title: "设置角色的权限", titleEn: "Set a role's permissions" },
    { name: "directory.department.set", title: "设置部门", titleEn: "Set a department" },
    { name: "directory.staff.set", title: "设置工作人员", titleEn: "Set a staff member" },
  ],
  subjects: [
    { name: "user", title: "账号", titleEn: "Account" },
    { name: "role", title: "角色", titleEn: "Role" },
    { name: "department", title: "部门", titleEn: "Department" },
    { name: "staff", title: "工作人员", titleEn: "Staff member" },
  ],
};
