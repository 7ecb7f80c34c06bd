export abstract class BaseService {
  protected limit() {
    return 5;
  }
}
