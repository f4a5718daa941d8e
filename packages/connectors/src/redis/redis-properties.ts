/** Properties that the Redis connectors have in common. */
import { type Prop, prop } from '@kuiper/base';
import { redisErrors } from './errors.ts';

/** `addr` for tables and the sink `redis`, `address` for channels. */
export const redisAddress: Prop<string> = prop.string({
  default: '127.0.0.1:6379',
  label: { en: 'Address', zh: '地址' },
  about: { en: 'Host and port of the server.', zh: '服务器的主机和端口。' },
});

export const redisUser: { readonly username: Prop<string>; readonly password: Prop<string> } = {
  username: prop.string({
    default: '',
    label: { en: 'User name', zh: '用户名' },
    about: { en: 'User of the access control list; empty for the default user.', zh: 'ACL 用户，默认用户留空。' },
  }),
  password: prop.string({
    default: '',
    secret: true,
    label: { en: 'Password', zh: '密码' },
    about: { en: 'Password of the user.', zh: '用户的密码。' },
  }),
};

export const redisDb: Prop<number> = prop.int({
  default: 0,
  label: { en: 'Database', zh: '数据库号' },
  about: { en: 'Number of the database, 0 to 15.', zh: '数据库编号，0 到 15。' },
});

export function checkDb(who: string, db: number): void {
  if (db < 0 || db > 15) throw redisErrors.DB_RANGE(who);
}
